// Types of the operators' API, from its own description: `node types.mjs < openapi.json > console/api-types.ts`.
// tools/api_types.py gives it what a server says, and tells when the kept file is another.
import openapiTS, { astToString } from 'openapi-typescript';
import { text } from 'node:stream/consumers';

const { openapi, info, components } = JSON.parse(await text(process.stdin));
// The console speaks of shapes; which route takes which is in the description that it reads when it starts.
const nodes = await openapiTS({ openapi, info, paths: {}, components: { schemas: components.schemas } });
process.stdout.write(`// Made by tools/api_types.py from /openapi.json of the operators' address. Do not edit.\n${astToString(nodes)}`);
