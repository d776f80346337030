import ByteBuffers
import Compression
import KeyValueAPI

/// The page at `/` for browsers: one document, put together from the files in `LivePage/`, that refers to nothing else and
/// reads `/metrics`.
enum LivePage {
    /// The document and the policy that lets its own styles and scripts run, and no others. O(bytes); compresses them.
    static func load() -> ServiceDocuments.LivePage {
        let content = SharedBytes(copying: document.utf8)
        return ServiceDocuments.LivePage(
            content: content, gzip: gzip(content, level: .small), securityPolicy: securityPolicy)
    }

    /// The digests are those of what stands between the tags. A test compares them, and tells what they should be.
    static let securityPolicy = [
        "default-src 'none'", "connect-src 'self'", "img-src data:", "style-src 'sha256-\(stylesDigest)'",
        "script-src 'sha256-\(scriptsDigest)'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    static let stylesDigest = "iATihoioy1O4ulXeiWbXVEtbqi8rdiYh1WrsShJEfZI="
    static let scriptsDigest = "j1NxlFdQ2X4HO1TLG8XQvlfSTWfTneDm7y+GkD3OPn8="

    /// What stands between the tags.
    static let styles = text(PackageResources.page_css)
    /// In this order: each uses what those before it declare.
    static let scripts = [
        PackageResources.metrics_js, PackageResources.rates_js, PackageResources.format_js, PackageResources.charts_js,
        PackageResources.heatmap_js, PackageResources.panels_js, PackageResources.page_js,
    ].map(text).joined()

    private static var document: String {
        let page = insert(styles, at: "/*{styles}*/", of: text(PackageResources.page_html))
        return insert(scripts, at: "/*{scripts}*/", of: page)
    }

    private static func insert(_ content: String, at marker: String, of page: String) -> String {
        let parts = page.split(separator: marker, maxSplits: 1, omittingEmptySubsequences: false)
        precondition(parts.count == 2, "the page has no '\(marker)'")
        return parts[0] + content + parts[1]
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
