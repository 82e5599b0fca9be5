"""Workbooks and tables of text: rows, numbers as they are shown, and which row is the header."""
