// Loaded before the app: the disk has as many bytes free as DISK_BYTES says.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

fs.statfsSync = (() => ({
  bavail: Number(process.env.DISK_BYTES),
  bsize: 1,
})) as unknown as typeof fs.statfsSync;
syncBuiltinESMExports();
