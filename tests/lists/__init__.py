"""The lists a company keeps."""
