/** `pnpm bench`: the whole system; `pnpm bench scim`: packages/scim alone. */
await (process.argv[2] === 'scim' ? import('./scim.ts') : import('./run.ts'))
