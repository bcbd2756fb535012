"""The life of training data: what stays, what leaves, and how fresh and balanced it is."""
