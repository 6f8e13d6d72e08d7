"""What a measure's page draws beside the figure, each kind in words, shapes and a table that is also a file."""
