"""Language models and their meter, optimiser runs, evaluation and the verdict."""
