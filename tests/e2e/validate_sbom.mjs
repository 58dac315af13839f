// Holds a bill of materials against CycloneDX's own JSON schema: node validate_sbom.mjs FILE
//
// The schema comes from the package of CycloneDX's library, which itself is not run: it wants a newer node than Debian's.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import addFormats2019 from 'ajv-formats-draft2019';

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node validate_sbom.mjs FILE');
  process.exit(2);
}
const schemas = new URL('node_modules/@cyclonedx/cyclonedx-library/res/schema/', import.meta.url);
const schema = (name) => JSON.parse(readFileSync(new URL(`${name}.SNAPSHOT.schema.json`, schemas)));
const sbom = JSON.parse(readFileSync(file));

const ajv = new Ajv({ strict: false, validateFormats: true, allErrors: true });
addFormats(ajv);
addFormats2019(ajv, { formats: ['idn-email', 'iri-reference'] });
ajv.addSchema(schema('jsf-0.82'), 'http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json');
ajv.addSchema(schema('spdx'), 'http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json');
const fits = ajv.compile(schema(`bom-${sbom.specVersion}`));
if (!fits(sbom)) {
  const told = fits.errors.slice(0, 10).map((error) => `  ${error.instancePath || '/'} ${error.message}`);
  console.error(`${file} does not fit CycloneDX ${sbom.specVersion}'s schema:\n${told.join('\n')}`);
  process.exit(1);
}
console.error(`${file} fits CycloneDX ${sbom.specVersion}'s schema`);
