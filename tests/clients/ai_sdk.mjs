// The Vercel AI SDK, whose OpenAI provider speaks responses: whole, streamed, and in conversations of all kinds.
import assert from 'node:assert/strict';
import { createOpenAI } from '@ai-sdk/openai';
import { embedMany, generateText, streamText } from 'ai';

globalThis.AI_SDK_LOG_WARNINGS = false;
const openai = createOpenAI({ baseURL: `${process.env.URL}/v1`, apiKey: process.env.KEY });
const model = openai('default');
const tools = { file_search: openai.tools.fileSearch({ vectorStoreIds: ['default'], maxNumResults: 3 }) };
const session = (answer) => answer.providerMetadata.openai.responseId.replace(/_\d+$/, '');

const messages = [{ role: 'user', content: 'How much does the harbour crane lift?' }];
const first = await generateText({ model, messages, tools });
assert.match(first.text, /forty tonnes/);
assert.equal(first.finishReason, 'stop');
assert.equal(first.sources[0].filename, 'crane.txt');
assert.equal(first.toolResults[0].toolName, 'file_search');

// It sends references in place of answers that are kept.
messages.push(...first.response.messages, { role: 'user', content: 'Who needs a licence?' });
const second = await generateText({ model, messages, tools });
assert.match(second.text, /licence/);
assert.equal(session(second), session(first));

messages.push(...second.response.messages, { role: 'user', content: 'When was the crane built?' });
const streamed = streamText({ model, messages, tools });
let text = '';
for await (const piece of streamed.textStream) text += piece;
assert.ok(text.length > 0);
assert.equal(await streamed.finishReason, 'stop');

const unkept = await generateText({ model, messages, providerOptions: { openai: { store: false } } });
assert.notEqual(session(unkept), session(first));
const continued = await generateText({
  model, prompt: 'And how long is it valid?',
  providerOptions: { openai: { previousResponseId: second.providerMetadata.openai.responseId } },
});
assert.ok(continued.text.length > 0);
const chat = await generateText({ model: openai.chat('default'), prompt: 'Who built the crane?' });
assert.match(chat.text, /Oskarsson/);
const { embeddings } = await embedMany({ model: openai.embedding('default'), values: ['crane', 'ship'] });
assert.equal(embeddings.length, 2);
