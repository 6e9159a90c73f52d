// Firebase's storage emulator without Google's rules engine, which requires Java 21. The Cloud Storage routes, through
// which releases are published, do not use it. Usage: node firebase_storage.cjs PORT
const tools = "../../frontend/node_modules/firebase-tools/lib/emulator";
const { StorageEmulator } = require(`${tools}/storage`);
const { EmulatorRegistry } = require(`${tools}/registry`);

const emulator = new StorageEmulator({
  projectId: "demo-digits",
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  rules: { name: "storage.rules", content: "" },
});
emulator._rulesRuntime = { start: async () => {}, stop: async () => {} };
emulator._rulesManager = { start: async () => ({ errors: [], warnings: [] }), stop: async () => {} };
EmulatorRegistry.start(emulator).then(() => console.log("ready"));
