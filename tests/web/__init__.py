"""The pages: over the whole chain of middleware, on data of a simulated company."""
