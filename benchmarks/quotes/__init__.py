"""Own questions over the samples and over documents in other languages, and the sentence that answers each."""
