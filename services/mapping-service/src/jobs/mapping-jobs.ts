/** The kinds of jobs that mapping-service runs, without what runs them: for whoever begins one. */
export const applyMapping = { kind: 'mapping-apply', second: 'replaces', perSecond: 500 } as const
export const countMapping = { kind: 'mapping-count', second: 'replaces' } as const
