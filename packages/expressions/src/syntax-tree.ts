import type { ASTNode } from '@marcbachmann/cel-js'

/** The nodes right below one, in the tree as it was written. */
export function childrenOf({ args }: ASTNode): ASTNode[] {
  return (Array.isArray(args) ? args : [args]).flat(2).filter(isNode)
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value
}
