"""Pages that show work: the inbox, a cluster with its jobs, a job, a pull request."""
