"""The vision-language model: loading, the chat-model interface, the batching engine, probabilities."""
