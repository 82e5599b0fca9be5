"""OpenAI's responses: questions with the documents as file search, in conversations that are kept or brought along."""

from app.openai.responses.routes import router

__all__ = ["router"]
