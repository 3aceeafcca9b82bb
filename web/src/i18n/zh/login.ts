export const words = {
  login: {
    title: '登录',
    email: '邮箱',
    code: '验证码',
    codePlaceholder: '6 位数字',
    send: '发送验证码',
    sending: '发送中…',
    resendIn: (seconds: number) => `${seconds} 秒后重发`,
    sent: (email: string, seconds: number) => `已发送至 ${email}，${seconds} 秒内有效`,
    sendFirst: '请先发送验证码。',
    codeFormat: '请输入 6 位数字验证码。',
    submit: '登录',
    submitting: '登录中…',
    printed: '开发模式：验证码不会寄出，请在服务器日志中查看。',
    cookieOnly: '首次登录会自动创建账号。',
    expiredSession: '登录已失效，请重新登录。未提交的内容已为你保留。',
  },
};
