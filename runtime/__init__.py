"""What our processes share: the way to Temporal, the queues they serve, whether they are well."""
