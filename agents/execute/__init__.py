"""One execution, from lease to end: the heart keeps the lease, the journal keeps the results."""
