"""The tables of people, step by step. A step that was released is never edited."""
