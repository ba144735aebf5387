"""Texts for models, as Markdown with front matter."""
