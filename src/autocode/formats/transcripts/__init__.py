"""Transcripts: text, Word, PDF, web pages, subtitles, Whisper, and the speakers in all of them."""
