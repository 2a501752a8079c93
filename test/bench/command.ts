/** `pnpm bench`: the whole system; `pnpm bench scim`: packages/scim alone; `pnpm bench lists`: pages of a large instance. */
const [, , what] = process.argv
if (what === 'scim') await import('./scim.ts')
else if (what === 'lists') await import('./lists.ts')
else await import('./run.ts')
