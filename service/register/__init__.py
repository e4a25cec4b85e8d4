"""The register of services as operators and provisioning systems use it: JSON in and out, and over HTTP."""
