export const words = {
  security: {
    text: '这些设备登录了你的账号。不认识的，请立即结束。',
    unknownDevice: '未知设备',
    current: '本机',
    since: (when: string) => `${when} 登录`,
    until: (when: string) => `有效至 ${when}`,
    end: '结束登录',
    ended: '已结束该设备的登录',
    deleteTitle: '删除账号',
    deleteText: '作品、记录与剩余积分都会被清除，之后无法恢复。删除前有一段时间可以反悔。',
    deleteStart: '删除账号…',
    deleteConfirm: (email: string) => `请输入 ${email} 以确认`,
    deleteSubmit: '确认删除账号',
    deletesAt: (when: string) => `账号将于 ${when} 删除。API 密钥与 Webhook 已停用。`,
    keepAccount: '撤销删除',
    kept: '已撤销，账号会保留',
  },
};
