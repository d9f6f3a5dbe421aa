"""The Hugging Face Hub: what is sent there and what is fetched, by huggingface_hub."""
