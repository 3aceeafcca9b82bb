import type { WebhookDeliveryState, WebhookDisabledReason, WebhookKind, WebhookOutcome } from '../../gql/graphql';

const kinds: Record<WebhookKind, string> = { GENERATION_COMPLETED: '任务完成', POSTER_SUCCEEDED: '海报完成', POSTER_REFUNDED: '海报退款', ORDER_PAID: '充值到账' };

const deliveryStates: Record<WebhookDeliveryState, string> = { DELIVERED: '已送达', FAILED: '未送达', QUEUED: '等待发送', RUNNING: '发送中' };

const disabledReasons: Record<WebhookDisabledReason, string> = { FAILING: '连续三天无法送达，已自动停用', GONE: '对方返回 410，已自动停用', OWNER: '已停用' };

const outcomes: Record<WebhookOutcome, string> = {
  DELIVERED: '对方已接收',
  REFUSED: '对方拒绝',
  TIMEOUT: '对方超时',
  UNREACHABLE: '无法连接',
  PRIVATE_ADDRESS: '地址指向内网，未发送',
  SECRET_LOST: '密钥无法读取，请更换密钥',
};

export const words = {
  partners: {
    partnersText: '用 API 密钥让自己的程序生成海报、读取历史与账单。',
    keys: 'API 密钥',
    keyName: '名称',
    keyScopes: '权限',
    scopes: { HISTORY_READ: '读取历史', GENERATIONS_WRITE: '生成与编辑', BILLING_READ: '读取账单' },
    createKey: '创建密钥',
    keyNeeds: '请填写名称并至少选择一项权限。',
    secretOnce: '密钥只显示这一次，请立即保存：',
    copy: '复制',
    copied: '已复制',
    revoke: '吊销',
    revokeSure: '吊销后使用它的程序立即失效',
    revoked: '已吊销',
    expired: '已过期',
    noKeys: '还没有密钥',
    lastUsed: (when: string) => `最近使用 ${when}`,
    neverUsed: '从未使用',
  },
  webhooks: {
    title: 'Webhook',
    text: '有结果时主动通知你的服务器，按 Standard Webhooks 规范签名，失败会自动重试。',
    none: '还没有 Webhook',
    url: '接收地址',
    urlHint: '公网可访问的 https 地址',
    description: '备注（可不填）',
    kinds,
    notified: '通知内容',
    create: '添加 Webhook',
    needs: '请填写接收地址并至少选择一项通知。',
    secret: '签名密钥',
    healthy: '正常',
    failing: (since: string) => `${since} 起无法送达，仍在重试`,
    disabledReasons,
    previousSecret: (until: string) => `旧密钥在 ${until} 前仍有效`,
    log: '发送记录',
    hideLog: '收起记录',
    logEmpty: '还没有发送过通知',
    switchOff: '停用',
    switchOn: '启用',
    rotate: '更换密钥',
    rotateSure: '旧密钥一天后失效',
    remove: '删除',
    removeSure: '等待发送的通知也会被取消',
    deliveryStates,
    outcomes,
    attempt: (n: number) => `第 ${n} 次`,
    status: (code: number) => `HTTP ${code}`,
    took: (ms: number) => `${ms} 毫秒`,
    next: (when: string) => `下次发送 ${when}`,
    body: '查看内容',
    replay: '重新发送',
    replayed: '已加入发送队列',
    refresh: '刷新',
  },
};
