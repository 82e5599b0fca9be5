"""Rich Text Format: a pass over the control words, the paragraphs it collects, and what the words mean."""
