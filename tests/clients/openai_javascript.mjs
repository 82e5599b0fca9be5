// OpenAI's package for JavaScript: upload, ask, go on, stream, embed, delete.
import assert from 'node:assert/strict';
import OpenAI, { toFile } from 'openai';

const client = new OpenAI({ baseURL: `${process.env.URL}/v1`, apiKey: process.env.KEY });
const text = 'The lighthouse was lit in 1871 by Ann.';
const question = 'When was the lighthouse lit?';

const file = await client.files.create({ file: await toFile(Buffer.from(text), 'light.txt'), purpose: 'assistants' });
assert.equal(file.status, 'processed');
assert.equal(await (await client.files.content(file.id)).text(), text);
assert.ok((await client.files.list()).data.some((each) => each.id === file.id));

const tools = [{ type: 'file_search', vector_store_ids: ['default'] }];
const first = await client.responses.create({
  model: 'default', input: question, tools, include: ['file_search_call.results'],
});
assert.match(first.output_text, /1871/);
assert.ok(first.output[0].results.some((result) => result.file_id === file.id));
assert.equal(first.output[1].content[0].annotations[0].type, 'file_citation');

let streamed = '';
const events = await client.responses.create({
  model: 'default', input: 'And by whom?', previous_response_id: first.id, stream: true,
});
for await (const event of events) if (event.type === 'response.output_text.delta') streamed += event.delta;
assert.ok(streamed.length > 0);
const helper = client.responses.stream({ model: 'default', input: question });
assert.match((await helper.finalResponse()).output_text, /1871/);

const made = await client.embeddings.create({ model: 'default', input: ['crane', 'ship'] });
assert.equal(made.data.length, 2);
assert.ok(made.data[0].embedding.length > 100);
const store = await client.vectorStores.create({});
const buoy = await toFile(Buffer.from('The buoy was laid in 1904.'), 'buoy.txt');
const added = await client.vectorStores.files.uploadAndPoll(store.id, buoy);
assert.equal(added.status, 'completed');
const pier = await toFile(Buffer.from('The pier was built in 1911.'), 'pier.txt');
const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files: [pier], fileIds: [file.id] });
assert.deepEqual([batch.status, batch.file_counts.completed], ['completed', 2]);
const changed = await client.vectorStores.files.update(added.id, { vector_store_id: store.id, attributes: { year: 1904 } });
assert.deepEqual(changed.attributes, { year: 1904 });
assert.equal((await client.vectorStores.files.delete(added.id, { vector_store_id: store.id })).deleted, true);
await assert.rejects(
  client.responses.create({ model: 'default', input: question, tools: [{ type: 'web_search' }] }),
  (error) => error.status === 400 && error.code === 'unsupported_parameter',
);
assert.equal((await client.files.delete(file.id)).deleted, true);
await assert.rejects(client.files.retrieve(file.id), (error) => error.status === 404);
