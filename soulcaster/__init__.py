"""The roof: settings, addresses, processes. Nobody imports it."""
