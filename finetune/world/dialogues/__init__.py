"""What is said about drawn windows: facts, examinations, questions, and their right answers in many wordings."""
