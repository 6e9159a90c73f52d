import { configureGlobal } from "fast-check";

// The same examples in every run.
configureGlobal({ seed: 1 });
