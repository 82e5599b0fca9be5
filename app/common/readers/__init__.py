"""Readers: each turns the bytes of one kind of file into raw text. `file_loader` chooses, cleans and counts."""
