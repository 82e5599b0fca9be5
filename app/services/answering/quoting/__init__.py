"""Choosing the sentence that answers a question: tables as sentences, what is asked for, and how well each fits."""
