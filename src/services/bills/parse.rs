//! Reads the files of payments that channels let their merchants download.
//!
//! Each calls its columns something else, so they are found by name: those of Alipay's and WeChat Pay's
//! files of trades, of Stripe's list of payments with the column of our number, and plain names for
//! whatever an aggregator gives out.

use crate::payments::money::fen_of_yuan;

const NUMBER: &[&str] =
    &["商户订单号", "out_trade_no", "client_reference_id", "haibao_out_trade_no (metadata)", "haibao_out_trade_no"];
const TRADE: &[&str] = &["支付宝交易号", "微信订单号", "trade_no", "paymentintent id", "payment_intent"];
const AMOUNT: &[&str] = &["订单金额（元）", "订单金额(元)", "订单金额", "amount", "money", "total_amount"];
const REFUNDED: &[&str] = &["申请退款金额", "amount refunded", "refunded", "refund_amount"];
const KIND: &[&str] = &["业务类型", "交易状态", "status", "type", "kind"];
/// Words for money that did not move.
const NOTHING: &[&str] = &["failed", "unpaid", "pending", "canceled", "cancelled", "revoked", "closed", "blocked"];

/// Why a file cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// No line names the columns.
    #[error(
        "no line names the columns: needed are our number (商户订单号, out_trade_no) and the amount (订单金额, amount)"
    )]
    NoHeader,
    /// A line has too few cells, or an amount that cannot be read.
    #[error("line {0} cannot be read")]
    Line(usize),
}

/// One payment or refund, as the channel booked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// Our number.
    pub out_trade_no: String,
    /// The channel's number; empty where the file has none.
    pub trade_no: String,
    /// Money that came, in fen.
    pub paid_fen: i64,
    /// Money that went back, in fen.
    pub refunded_fen: i64,
}

struct Columns {
    number: usize,
    trade: Option<usize>,
    amount: usize,
    refunded: Option<usize>,
    kind: Option<usize>,
}

impl Columns {
    fn of(cells: &[String]) -> Option<Self> {
        let names: Vec<String> = cells.iter().map(|cell| cell.to_lowercase()).collect();
        let find = |known: &[&str]| known.iter().find_map(|word| names.iter().position(|name| name == word));
        Some(Self {
            number: find(NUMBER)?,
            trade: find(TRADE),
            amount: find(AMOUNT)?,
            refunded: find(REFUNDED),
            kind: find(KIND),
        })
    }
}

/// Reads a file; what stands before the columns' names and the sums at the end are passed over.
///
/// # Errors
/// `NoHeader`, or the first line that cannot be read: a file that is read by half compares nothing.
pub fn parse(text: &str) -> Result<Vec<BillLine>, BillError> {
    let (mut columns, mut lines) = (None, Vec::new());
    for (number, cells) in rows(text) {
        // Remarks, and the sums below the lines.
        if cells.iter().all(String::is_empty) || cells[0].starts_with(['#', '总']) {
            if cells[0].starts_with('总') {
                break;
            }
            continue;
        }
        let Some(columns) = &columns else {
            columns = Columns::of(&cells);
            continue;
        };
        lines.extend(line(columns, &cells).map_err(|Unreadable| BillError::Line(number))?);
    }
    if columns.is_none() { Err(BillError::NoHeader) } else { Ok(lines) }
}

/// A line that has too few cells, or amounts that are none.
struct Unreadable;

/// The line of these cells; none where no money moved.
fn line(columns: &Columns, cells: &[String]) -> Result<Option<BillLine>, Unreadable> {
    let cell = |place: usize| cells.get(place).map(String::as_str).ok_or(Unreadable);
    let kind = columns.kind.map_or(Ok(""), cell)?.to_lowercase();
    if NOTHING.contains(&kind.as_str()) {
        return Ok(None);
    }
    let amount = fen(cell(columns.amount)?)?;
    let (paid_fen, refunded_fen) = if let Some(refunded) = columns.refunded {
        (amount, fen(cell(refunded)?)?)
    } else if kind.contains("退款") || kind.contains("refund") || amount < 0 {
        (0, amount)
    } else {
        (amount, 0)
    };
    let line = BillLine {
        out_trade_no: cell(columns.number)?.to_owned(),
        trade_no: columns.trade.map_or(Ok(""), cell)?.to_owned(),
        paid_fen,
        refunded_fen: refunded_fen.abs(),
    };
    Ok((line.paid_fen != 0 || line.refunded_fen != 0).then_some(line))
}

fn fen(text: &str) -> Result<i64, Unreadable> {
    if text.is_empty() || text.bytes().all(|b| b == b'0' || b == b'.') {
        return Ok(0);
    }
    let (sign, positive) = text.strip_prefix('-').map_or((1, text), |positive| (-1, positive));
    fen_of_yuan(positive).map(|fen| sign * fen).map_err(|_| Unreadable)
}

/// Lines of a CSV file with their numbers. WeChat Pay puts a backtick before every value, and Alipay
/// tabs after them, so that spreadsheets leave them alone.
fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut rows = Vec::new();
    let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
    let (mut number, mut first) = (1, 1);
    let plain = |cell: &str| cell.trim().trim_start_matches('`').trim().to_owned();
    let mut letters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if is_quoted || cell.trim().is_empty() => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(plain(&std::mem::take(&mut cell))),
            '\n' => {
                number += 1;
                if is_quoted {
                    cell.push('\n');
                } else {
                    cells.push(plain(&std::mem::take(&mut cell)));
                    rows.push((first, std::mem::take(&mut cells)));
                    first = number;
                }
            }
            other => cell.push(other),
        }
    }
    if !cell.is_empty() || !cells.is_empty() {
        cells.push(plain(&cell));
        rows.push((first, cells));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bill(out_trade_no: &str, trade_no: &str, paid_fen: i64, refunded_fen: i64) -> BillLine {
        let (out_trade_no, trade_no) = (out_trade_no.to_owned(), trade_no.to_owned());
        BillLine { out_trade_no, trade_no, paid_fen, refunded_fen }
    }

    #[test]
    fn the_files_of_the_channels_are_read() {
        let alipay = "#支付宝业务明细查询\n#账号：[20880000]\n支付宝交易号,商户订单号,业务类型,商品名称,订单金额（元）,商家实收（元）\n2026A\t,hb1t0\t,交易\t,\"积分, 100 个\",10.00,10.00\n2026A\t,hb1t0\t,退款\t,积分,-2.50,-2.50\n#-----\n#交易合计：1笔\n";
        assert_eq!(parse(alipay), Ok(vec![bill("hb1t0", "2026A", 1000, 0), bill("hb1t0", "2026A", 0, 250)]));

        let wechat = "\u{feff}交易时间,微信订单号,商户订单号,交易状态,应结订单金额,申请退款金额,订单金额\r\n`2026-01-01,`42A,`hb2t0,`SUCCESS,`10.00,`0.00,`10.00\r\n`2026-01-01,`42A,`hb2t0,`REFUND,`0.00,`3.00,`0.00\r\n`2026-01-01,`42B,`hb3t0,`REVOKED,`1.00,`0.00,`1.00\r\n总交易单数,应结订单总金额\r\n`2,`10.00\r\n";
        assert_eq!(parse(wechat), Ok(vec![bill("hb2t0", "42A", 1000, 0), bill("hb2t0", "42A", 0, 300)]));

        let stripe = "id,Amount,Amount Refunded,Status,PaymentIntent ID,haibao_out_trade_no (metadata)\nch_1,10.00,1.00,Paid,pi_1,hb4t0\nch_2,10.00,0.00,Failed,pi_2,hb5t0\n";
        assert_eq!(parse(stripe), Ok(vec![bill("hb4t0", "pi_1", 1000, 100)]));

        assert_eq!(parse("out_trade_no,amount\nhb6t0,1\n"), Ok(vec![bill("hb6t0", "", 100, 0)]));
        assert_eq!(parse("out_trade_no,amount"), Ok(Vec::new()));
    }

    #[test]
    fn what_cannot_be_read_is_not_read_by_half() {
        assert_eq!(parse(""), Err(BillError::NoHeader));
        assert_eq!(parse("a,b\n1,2\n"), Err(BillError::NoHeader));
        for wrong in ["1.005", "1e3", "１", "--1", "1,000.00"] {
            let text = format!("out_trade_no,amount\nhb1t0,1\nhb2t0,{wrong}\n");
            let expected =
                if wrong.contains(',') { parse(&text).is_ok() } else { parse(&text) == Err(BillError::Line(3)) };
            assert!(expected, "{wrong}");
        }
        assert_eq!(parse("out_trade_no,amount\nhb1t0\n"), Err(BillError::Line(2)));
        assert_eq!(parse("out_trade_no,amount\n\"hb\n1t0\",1\nhb2t0,x\n"), Err(BillError::Line(4)));
    }
}
