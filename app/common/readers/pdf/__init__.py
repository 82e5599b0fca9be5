"""PDF: its text through PDFium or pypdf, scanned pages through tesseract, right-to-left lines in reading order."""
