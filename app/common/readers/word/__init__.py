"""Word documents: DOCX by a walk over its XML, DOC through office-oxide and, for Word 6 and 95, by our own reader."""
