// The Bicep compiler: one native program out of a NuGet package, fetched by NuGet's own client and told by its digest.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const version = '0.49.2';
const nugetPackage = 'Azure.Bicep.CommandLine.linux-x64';
/** SHA-512 of the program in the package, 124 MB. */
const digest =
  '391a9b36da30e5418db93b5f65cba74c97574d918a63194b3f631d9948d5832cbfefba34bf3d6dc1f317991a220acf3d22ec8d884f909e66b1373db333608b33';
const kept = `node_modules/.cache/bicep/${version}/bicep`;

/**
 * Where the compiler is; fetched first where it is not. It needs neither dotnet nor the network to run.
 * @returns undefined where it cannot be had: no dotnet to fetch it with, or another machine than Linux on x64
 */
export async function findBicep(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  if (await isThere(kept)) return kept;
  const hasDotnet = await run('dotnet', ['--version']).then(
    () => true,
    () => false,
  );
  if (!hasDotnet) return undefined;
  await fetchTo(kept);
  return kept;
}

async function fetchTo(file: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'malote-bicep-'));
  try {
    const project = join(work, 'bicep.csproj');
    await writeFile(
      project,
      `<Project Sdk="Microsoft.NET.Sdk">
        <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
        <ItemGroup><PackageDownload Include="${nugetPackage}" Version="[${version}]" /></ItemGroup>
      </Project>`,
    );
    await run('dotnet', ['restore', project, '--packages', work, '-v', 'q']);
    const fetched = join(work, nugetPackage.toLowerCase(), version, 'tools/bicep');
    const found = await sha512(fetched);
    if (found !== digest) {
      throw new Error(`${nugetPackage} ${version} is not what it was: its program has SHA-512 ${found}`);
    }
    await mkdir(dirname(file), { recursive: true });
    // Under its name only when it is whole: two checks may fetch it at once.
    const whole = `${file}.${process.pid}`;
    await copyFile(fetched, whole);
    await chmod(whole, 0o755);
    await rename(whole, file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function sha512(file: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
