export const words = {
  partners: {
    partnersText: '用 API 密钥让自己的程序生成海报、读取历史与账单。',
    keyName: '名称',
    keyScopes: '权限',
    scopes: { HISTORY_READ: '读取历史', GENERATIONS_WRITE: '生成与编辑', BILLING_READ: '读取账单' },
    createKey: '创建密钥',
    keyNeeds: '请填写名称并至少选择一项权限。',
    secretOnce: '密钥只显示这一次，请立即保存：',
    copy: '复制',
    copied: '已复制',
    revoke: '吊销',
    revoked: '已吊销',
    expired: '已过期',
    noKeys: '还没有密钥',
    lastUsed: (when: string) => `最近使用 ${when}`,
    neverUsed: '从未使用',
  },
};
