/**
 * `pnpm bench`: the whole system; `pnpm bench scim`: packages/scim alone; `pnpm bench lists`: pages of a large instance;
 * `pnpm bench groups`: a group of 100,000 members; `pnpm bench import`: a file of 100,000 accounts;
 * `pnpm bench hostile`: one instance while another is attacked.
 */
const [, , what] = process.argv
if (what === 'scim') await import('./scim.ts')
else if (what === 'lists') await import('./lists.ts')
else if (what === 'groups') await import('./groups.ts')
else if (what === 'import') await import('./import.ts')
else if (what === 'hostile') await import('./hostile.ts')
else await import('./run.ts')
