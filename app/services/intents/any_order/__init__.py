"""Words of each kind of turn in any order: for messages that no pattern foresees word by word."""
