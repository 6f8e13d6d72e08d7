"""What customers say by their link: score, comment, consent; the cases of detractors; and how a person is forgotten."""
