"""The kernel construction kit: manifests, Kconfig model, builds, QEMU runs, results."""
