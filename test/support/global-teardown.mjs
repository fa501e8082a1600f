import { rm } from 'node:fs/promises';
import { asOwner } from './global-setup.mjs';

export default async function dropTemplate() {
  const { TEST_TEMPLATE_FOLDER: folder, TEST_POSTGRES_TEMPLATE: template } = process.env;
  if (folder) await rm(folder, { recursive: true, force: true });
  if (template) await asOwner(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
}
