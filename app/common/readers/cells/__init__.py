"""What the cells of a table mean: numbers, amounts of money, dates; read column by column from what they show."""
