"""Numbers as a format shows them: cells of workbooks and values of charts."""
