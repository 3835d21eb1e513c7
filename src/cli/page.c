#define _GNU_SOURCE /* open_memstream() */
#include "cli/page.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1b1f24;"
    "background:#fff}\n"
    "h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid "
    "#d5d9de}"
    "h3{font-size:1rem;margin:1.4rem 0 .3rem}\n"
    ".cards{display:flex;flex-wrap:wrap;gap:1rem}.card{border:1px solid "
    "#d5d9de;border-radius:6px;padding:.7rem "
    "1rem;min-width:14rem}.card b{font-size:1.7rem}.card span{color:#57606a}\n"
    "table{border-collapse:collapse;width:100%;font-size:13px;margin:.6rem 0}th,td{padding:.25rem "
    ".5rem;text-align:left;border-bottom:1px solid "
    "#e6e9ec;vertical-align:top;overflow-wrap:anywhere}th{background:#f3f5f7;overflow-wrap:normal}"
    "th.n,td.n{text-align:right;overflow-wrap:normal;font-variant-numeric:tabular-nums}th[data-sort]{cursor:"
    "pointer}\n"
    ".warn{background:#fff4d6;border-left:4px solid #d99a00;padding:.4rem .8rem}.off td{color:#7a828a}\n"
    "svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#1b1f24}\n"
    "@media "
    "print{body{margin:0;max-width:none;font-size:11px}h2{break-after:avoid}svg,.card,tr{break-inside:avoid}"
    "th[data-sort]{cursor:auto}}\n";

/* Sorts a table by the column that is clicked at: by numbers where it has them, again: the other way round. */
static const char script[] =
    "document.querySelectorAll('th').forEach(function(h){h.dataset.sort='';h.onclick=function(){"
    "var t=h.closest('table'),i=h.cellIndex,d=h.dataset.sort==='up'?-1:1,b=t.tBodies[0],"
    "v=function(r){var c=r.cells[i];return c.dataset.v!==undefined?parseFloat(c.dataset.v):c.textContent};"
    "Array.from(b.rows).sort(function(x,y){var p=v(x),q=v(y);return d*(p<q?-1:p>q?1:0)})"
    ".forEach(function(r){b.appendChild(r)});h.dataset.sort=d>0?'up':'down'}})\n";

void locl_page_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

void locl_page_number(FILE *out, double value)
{
    double size = fabs(value);
    int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
    if (isfinite(value)) {
        fprintf(out, "%.*f", digits, value);
    } else {
        fputs("&ndash;", out);
    }
}

void locl_page_cell(FILE *out, double value)
{
    fprintf(out, "<td class=\"n\" data-v=\"%.9g\">", isfinite(value) ? value : -1e300);
    locl_page_number(out, value);
    fputs("</td>", out);
}

void locl_page_table(FILE *out, const char *const *names)
{
    fputs("<table><thead><tr>", out);
    for (; *names; names++) {
        bool number = **names == '#';
        fprintf(out, "<th%s>", number ? " class=\"n\"" : "");
        locl_page_text(out, *names + number);
        fputs("</th>", out);
    }
    fputs("</tr></thead><tbody>\n", out);
}

void locl_page_table_end(FILE *out)
{
    fputs("</tbody></table>\n", out);
}

static void write_head(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
          "'unsafe-inline'; "
          "script-src 'unsafe-inline'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\"><title>",
          out);
    locl_page_text(out, title);
    fprintf(out, "</title>\n<style>%s</style></head><body>\n", style);
}

locl_status locl_page_write(const char *path, const char *title, void (*body)(FILE *out, const void *user),
                            const void *user, locl_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return locl_fail(err, LOCL_E_MEMORY, "cannot make %s: %s", path, strerror(errno));
    }
    write_head(out, title);
    body(out, user);
    fprintf(out, "<script>%s</script></body></html>\n", script);
    bool failed = ferror(out) != 0;
    failed = fclose(out) != 0 || failed;
    locl_status status = failed ? locl_fail(err, LOCL_E_MEMORY, "cannot make %s: memory ran out", path)
                                : locl_file_write(path, text, size, err);
    free(text);
    return status;
}
