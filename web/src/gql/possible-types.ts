/** The concrete types behind the unions and interfaces that our fragments name. */
export const possibleTypes: Record<string, string[]> = {};
