// An Express service, to try the middleware with: `node service.js`.

import express from "express";
import { makeWardkey } from "./wardkey.js";

const app = express();
const wardkey = makeWardkey({ url: process.env.WARDKEY_URL });

// Tells any good token whose it is.
app.get("/me", wardkey(), (req, res) => {
  res.json(req.wardkey);
});

// Lists the releases of the organization that asks.
app.get("/releases", wardkey({ scope: "read:releases" }), (req, res) => {
  res.json({ releases: [], organizationId: req.wardkey.organizationId });
});

// Publishes a release; needs both scopes.
const publisher = wardkey({ scope: ["read:releases", "write:releases"] });
app.post("/releases/publish", publisher, (req, res) => {
  res.status(201).json({ publishedBy: req.wardkey.serviceAccountId });
});

app.get("/healthz", (req, res) => {
  res.json({ status: "ok" });
});

app.listen(process.env.PORT ?? 9003, "127.0.0.1");
