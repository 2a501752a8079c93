import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** Sources by path from the root. Rules take them as data, so that a planted violation can be shown to them. */
export type Sources = ReadonlyMap<string, string>

/** Every TypeScript file of packages, services and tests, but those here that hold planted violations. */
export function readSources(root: string): Sources {
  const files = globSync(['packages/*/src/**/*.ts', 'services/*/src/**/*.ts', 'test/**/*.ts'], {
    cwd: root,
    exclude: (path) => path.includes('node_modules') || path.includes('architecture'),
  })
  return new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
}

const importPattern =
  /(?:^|[;\n}])\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g

/** What a file imports or re-exports, types too: the specifiers as written. */
export function importsOf(text: string): string[] {
  return [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? '')
}

/** `packages/scim`, `services/audit-service`, `test`. */
export function roomOf(file: string): string {
  return file.startsWith('test/') ? 'test' : file.split('/').slice(0, 2).join('/')
}

/** The file that a relative or workspace specifier means; undefined for npm packages. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return normalize(join(dirname(from), specifier))
  const workspace = /^@user-provisioning\/([^/]+)\/(.+)$/.exec(specifier)
  if (!workspace) return undefined
  const [, name = '', path = ''] = workspace
  return name.endsWith('-service') || name === 'scim-ingress'
    ? `services/${name}/src/${path}.ts`
    : `packages/${name}/src/${path}.ts`
}
