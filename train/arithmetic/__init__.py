"""What an update computes and on what: the loss, its gradients and Adam; devices, threads and processes."""
